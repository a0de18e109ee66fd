"""A local voice coach for AI-engineer interviews.

Rooms, in the order in which an answer walks through them: `content` (drills and rubrics), `audio`
(microphone to journal), `speech` (voice and hearing), `check` (words to findings), `history` (what is
kept), `show` (what is seen). `practice` is the one loop that joins them, `cli` the way in.
"""

__version__ = "0.1.0"
