"""The only package that knows AWS: signing, sending, the control plane, SNS. No Django, no feature, no database."""
