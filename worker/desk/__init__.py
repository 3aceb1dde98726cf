"""The desk: the few web pages where people sign in, enrol seals and approve batches. No JavaScript, no secrets kept."""
