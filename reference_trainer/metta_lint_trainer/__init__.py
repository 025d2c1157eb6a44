"""The reference trainer: a small, faithful, instrumented stand-in for the two trainers' loops.

Importing this package imports neither torch nor numpy: worker processes do so to step environments.
"""

import os

# Read by torch's OpenMP when it is loaded. Threads that spin while they wait for each other take their cores from the
# environments' processes, and from one another: with more of them than cores an update took ten times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
