"""What a check is: the files that it looks at, its filters, its report."""
