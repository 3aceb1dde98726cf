"""The dashboards, one to a module: each a title, and rows of panels whose widths fill lines of 24."""
