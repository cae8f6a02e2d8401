"""What a page says after a change was made, by the word that travels in its address."""

NOTICES = {
    "api-account-added": "The account is made. Now give it a key.",
    "api-account-deleted": "The API account was deleted.",
    "api-account-saved": "Saved. It holds at once.",
    "api-key-added": "The key was added.",
    "api-key-revoked": "The key was revoked. Tokens made with it are refused.",
    "password-set": "The password was set, and the person signed out everywhere.",
    "person-added": "The account was made.",
    "status-set": "Saved.",
    "supplier-linked": "The number is linked. What the supplier sends from now on comes in.",
    "supplier-linked-flowing": "The number is linked, and orders that waited for it are coming in.",
    "supplier-unlinked": "The number was unlinked. The devices that came stay.",
    "certificate-replaced": "Saved. The new certificate counts from the next token on: download one now.",
    "defaults-saved": "Saved. New devices go there from now on.",
    "service-deleted": "The service was unlinked.",
    "service-linked": "The service is linked. Download its token and give it to the service.",
    "service-saved": "Saved.",
    "terms-accepted": "The terms were accepted. Services are let in again.",
    "tokens-revoked": "All tokens were revoked. The service is locked out until it gets a new one.",
    "others-signed-out": "You are signed in here and nowhere else.",
    "stopped": "The activity was stopped. What was done stays done.",
}
