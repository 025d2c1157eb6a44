"""metta-lint: what RL training configs will really do, where two of them disagree, and proof by running both."""

import os

__version__ = "0.1.0"
__path__.append(os.path.join(__path__[0], "api", "moved"))  # public modules of before say what they are called now
