"""A test kit for plug-ins: one call runs a plug-in of any kind through what imageseo's own must pass.

>>> import imageseo.testing, imageseo_acme.jp2                      # doctest: +SKIP
>>> imageseo.testing.check("imageseo.codecs", "jp2", imageseo_acme.jp2)  # doctest: +SKIP

``check`` raises an AssertionError that lists everything that is wrong. ``requirements`` gives one function for each
requirement instead, for ``pytest.mark.parametrize``. ``check_distribution`` checks all plug-ins that an installed
package declares, as ``python -m imageseo.testing PACKAGE`` does. No test runner is needed.
"""

from imageseo.testing.kit import check, check_distribution, requirements
from imageseo.testing.provider import ProviderExample
from imageseo.testing.requirement import PluginFaults, Requirement

__all__ = ["PluginFaults", "ProviderExample", "Requirement", "check", "check_distribution", "requirements"]
