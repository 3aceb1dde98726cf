"""An index over all batches and documents there ever were: made of the ledger, thrown away and made anew at will."""
