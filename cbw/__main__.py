"""``python -m cbw``: the command."""

import sys

from cbw.command import main

sys.exit(main())
