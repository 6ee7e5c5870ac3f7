"""How a posterior is obtained, whatever the model."""
