"""Times to a first reoffence, with people who are not followed to it."""
