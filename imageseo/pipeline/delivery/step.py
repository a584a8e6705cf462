"""The step of a build that writes files for hosts: most builds have none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imageseo.config.delivery import NGINX_FILE

if TYPE_CHECKING:
    from imageseo.pipeline.context import BuildContext

_IN_SITE = ("_redirects", "_headers", ".htaccess")


def update_host_files(context: BuildContext) -> None:
    """Write what hosts read, or remove what an earlier build wrote. A preview is not published and has none."""
    settings, root = context.settings, context.output.root
    if context.state.preview or context.tools.memory is not None:
        return
    present = [root / name for name in _IN_SITE] + [context.site.project / NGINX_FILE]
    if settings.delivery.headers or settings.names.redirects or any(map(os.path.lexists, present)):
        from imageseo.pipeline.delivery.host_files import HostFiles

        HostFiles(context=context).update()
