"""What is assumed: rate, frequency, time to the first reoffence."""
