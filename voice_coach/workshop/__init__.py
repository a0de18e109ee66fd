"""Tools for people's own drills: finding faults, starting a new file, and turning Markdown into one."""
