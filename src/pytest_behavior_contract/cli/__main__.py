"""`python -m pytest_behavior_contract.cli`."""

import sys

from pytest_behavior_contract.cli import main

sys.exit(main())
