"""How to read a report."""

HOW_TO_READ = (
    "A 95% interval holds the true difference with a probability of 95%, if what the model and the "
    "design assume is right. It says how much chance may have done, and not what else may "
    "differ between the two groups.",
    "The probability of benefit is the probability that the difference is on the side of less "
    "reoffending, however small it is.",
    "A check asks the same question with another method. It agrees when both show a difference "
    "on the same side, or neither shows one, and their intervals overlap by more than half of the "
    "shorter.",
    "Reoffending means what was recorded. Offences that nobody recorded are in none of these "
    "figures.",
)
