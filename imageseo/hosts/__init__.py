"""The former name of ``imageseo.integrations``, kept for one release for hooks that were copied into projects."""
