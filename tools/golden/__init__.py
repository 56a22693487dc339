"""Golden results of single operators: what LiteRT's reference kernels compute from many small cases.

`model.py` makes and runs models of one operator, `quantization.py` draws their numbers, `cases.py` gathers the cases of a
file; each other module has the cases of one family of operators. A case's keys are in tests/golden/README.md.
"""
import os

# A scale may hang on numpy's matrix product, whose last bit hangs on the kernels that OpenBLAS takes for the CPU.
os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")
