"""The dashboard's rows, a few to a module; each is a function that gives its panels, whose widths fill lines of 24."""
