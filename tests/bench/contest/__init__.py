"""The contest of image tools, two ways: at widths that all are asked for (``widths``), and on a site (``site``)."""
