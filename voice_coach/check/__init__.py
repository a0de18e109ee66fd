"""Transcript and rubric to findings: pure, without audio, clock or files of its own (the encoder is an argument)."""
