"""Hook for MkDocs and ProperDocs, to copy: `hooks: [mkdocs_hook.py]`; settings in imageseo.toml or pyproject.toml."""

from imageseo.integrations.mkdocs import (
    on_config,
    on_env,
    on_page_markdown,
    on_post_build,
    on_serve,
    on_shutdown,
    on_startup,
)

__all__ = [
    "on_config",
    "on_env",
    "on_page_markdown",
    "on_post_build",
    "on_serve",
    "on_shutdown",
    "on_startup",
]
