"""What the pages of a site show and download: recorded while a build writes them, put together by picture."""
