"""How two rankings become one; the same in both engines, so that an index may move from one to the other."""

from typing import Final

RRF_K: Final = 61
"""The paper's 60 (Cormack et al. 2009, doi:10.1145/1571941.1572114); the engines count ranks from 0."""

LEG_FACTOR: Final = 3
"""How many candidates each leg gives for each hit that is asked for."""
