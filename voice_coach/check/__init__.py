"""Transcript and rubric to findings: pure, without audio, clock or files of its own (the reader is an argument)."""
