"""What must happen to a document: values, the batch's life, rules and stories. Nothing here does I/O."""
