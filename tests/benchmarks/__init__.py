"""Figures, measured by programs that are started by hand or with `-m bench`."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program does in `cli.main`, before NumPy is loaded
