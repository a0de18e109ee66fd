"""Drills and rubrics: their models, and loading them from the YAML folders."""
