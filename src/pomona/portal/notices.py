"""What a page says after a change was made, by the word that travels in its address."""

NOTICES = {
    "others-signed-out": "You are signed in here and nowhere else.",
    "stopped": "The activity was stopped. What was done stays done.",
}
