"""Write the file with imageseo's CSS rules into a site."""

from __future__ import annotations

from imageseo.model.errors import ImageseoError
from imageseo.pipeline.safe_markup import style_rules
from imageseo.storage.output import OutputFolder


def write_style_sheet(output: OutputFolder, *, is_needed: bool) -> OSError | ImageseoError | None:
    """Write the file if a page needs it; remove those of other builds. Return what prevents it."""
    wanted = {style_rules.STYLE_SHEET: style_rules.style_sheet()} if is_needed else {}
    try:
        for path, data in wanted.items():
            output.write(path, data)
        old = [path for path in style_rules.old_style_sheets(output.root) if path not in wanted]
        for path in old:
            if not style_rules.is_linked(output.root, path):
                output.remove(path)
    except (OSError, ImageseoError) as error:
        return error
    return None
