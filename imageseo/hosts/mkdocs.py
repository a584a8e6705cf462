"""The former name of ``imageseo.integrations.mkdocs``; copy hooks/mkdocs_hook.py again."""

from imageseo.integrations.mkdocs import (
    ImageseoPlugin,
    on_config,
    on_env,
    on_page_markdown,
    on_post_build,
    on_serve,
    on_startup,
)

__all__ = ["ImageseoPlugin", "on_config", "on_env", "on_page_markdown", "on_post_build", "on_serve", "on_startup"]
