"""What is lost without an input when the model is trained again."""
