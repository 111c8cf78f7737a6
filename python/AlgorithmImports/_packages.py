"""`np` and `pd`: the installed packages on CPython; in the sandbox, and without numpy, the stand-in and nothing."""

from . import _numpy as np
from ._engine import IN_SANDBOX

pd = None

if not IN_SANDBOX:
    try:
        import numpy as np
    except ImportError:
        pass
    try:
        import pandas as pd
    except ImportError:
        pass
