"""What is said about an evaluation: statements, tables, pictures, one HTML document."""
