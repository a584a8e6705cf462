"""The build: plan pages, encode variants, write pages and check them."""
