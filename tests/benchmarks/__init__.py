"""Figures, measured by programs that are started by hand or with `-m bench`."""

import os

# As the program does in `cli.main`, before NumPy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
