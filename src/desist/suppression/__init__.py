"""Which numbers of a release stay hidden, so that what is shown does not give them away."""
