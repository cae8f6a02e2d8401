"""The service with which suppliers submit orders: bulk-enroll-devices, check-transaction-status, show-order-details.

Refusals of the business come with HTTP 200 and an error object, because the suppliers' programs look at the body first.
"""
