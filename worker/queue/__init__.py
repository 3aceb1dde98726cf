"""The doorbell: arq is met here and nowhere else. See DECISIONS.md on why it stays behind this door."""
