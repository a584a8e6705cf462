"""``python -m imageseo.testing PACKAGE`` checks all plug-ins that an installed package declares."""

import sys

from imageseo.testing.kit import main

sys.exit(main(sys.argv[1:]))
