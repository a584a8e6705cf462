"""What we talk about: frozen values with no behaviour beyond what can be derived from them."""
