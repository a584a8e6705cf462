"""The Pelican twin of the manual: a few articles in a theme that comes with Pelican."""

AUTHOR = "The imageseo project"
SITENAME = "Notes from the image desk"
SITESUBTITLE = "imageseo in Pelican"
SITEURL = "https://imageseo.example/notes"
RELATIVE_URLS = True  # the site can be opened from any folder

PATH = "content"
STATIC_PATHS = ["images"]
ARTICLE_PATHS = ["articles"]
PAGE_PATHS = ["pages"]
OUTPUT_PATH = "output"
ARTICLE_URL = "{slug}/"
ARTICLE_SAVE_AS = "{slug}/index.html"
PAGE_URL = "{slug}/"
PAGE_SAVE_AS = "{slug}/index.html"

TIMEZONE = "UTC"
DEFAULT_LANG = "en"
DEFAULT_PAGINATION = 10
FEED_ALL_ATOM = "feeds/all.atom.xml"
CATEGORY_FEED_ATOM = None
TRANSLATION_FEED_ATOM = None
AUTHOR_FEED_ATOM = None
AUTHOR_FEED_RSS = None

THEME = "notmyidea"
MARKDOWN = {
    "extension_configs": {"markdown.extensions.extra": {}, "markdown.extensions.toc": {}},
    "output_format": "html5",
}

# Without a PLUGINS list Pelican would find it by itself.
PLUGINS = ["imageseo"]
IMAGESEO = {
    "brand": {"name": "imageseo", "colors": ["#12203a", "#1f6fb5", "#5bb5a2", "#f3c08a"]},
    "rights": {"creator": "The imageseo project", "license": "https://opensource.org/license/mit"},
}
