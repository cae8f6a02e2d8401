"""What a page says after a change was made, by the word that travels in its address."""

NOTICES = {
    "certificate-replaced": "Saved. The new certificate counts from the next token on: download one now.",
    "defaults-saved": "Saved. New devices go there from now on.",
    "service-deleted": "The service was unlinked.",
    "service-linked": "The service is linked. Download its token and give it to the service.",
    "service-saved": "Saved.",
    "tokens-revoked": "All tokens were revoked. The service is locked out until it gets a new one.",
    "others-signed-out": "You are signed in here and nowhere else.",
    "stopped": "The activity was stopped. What was done stays done.",
}
