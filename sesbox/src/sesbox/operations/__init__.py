"""The dispatch table: which function answers which AWS operation.

Lives here: one line an operation. Must not live here: anything else.
An operation is found by (service, name), service being "ses" (v1), "sesv2" or "sns".
`params` and responses are the members of the botocore model by name: blobs are bytes, timestamps are seconds since
the epoch (float or int), lists and structures are lists and dicts. A member that is absent or null is not in
`params`. An operation without output answers an empty response.
"""

from __future__ import annotations

from collections.abc import Mapping

from sesbox.operations import (
    account_settings,
    configuration_sets,
    event_destinations,
    identities,
    identities_v1,
    sending_v1,
    sending_v2,
    subscriptions,
    suppression_list,
    tagging,
    topics,
)
from sesbox.operations.base import Operation
from sesbox.operations.errors import v1, v2

TABLE: Mapping[tuple[str, str], Operation] = {
    ("sesv2", "CreateConfigurationSet"): v2(configuration_sets.create),
    ("sesv2", "CreateConfigurationSetEventDestination"): v2(event_destinations.create),
    ("sesv2", "CreateEmailIdentity"): v2(identities.create_email_identity),
    ("sesv2", "DeleteConfigurationSet"): v2(configuration_sets.delete),
    ("sesv2", "DeleteConfigurationSetEventDestination"): v2(event_destinations.delete),
    ("sesv2", "DeleteEmailIdentity"): v2(identities.delete_email_identity),
    ("sesv2", "DeleteSuppressedDestination"): v2(suppression_list.delete),
    ("sesv2", "GetAccount"): v2(account_settings.get_account),
    ("sesv2", "GetConfigurationSet"): v2(configuration_sets.get),
    ("sesv2", "GetConfigurationSetEventDestinations"): v2(event_destinations.get_all),
    ("sesv2", "GetEmailIdentity"): v2(identities.get_email_identity),
    ("sesv2", "GetSuppressedDestination"): v2(suppression_list.get),
    ("sesv2", "ListConfigurationSets"): v2(configuration_sets.list_all),
    ("sesv2", "ListEmailIdentities"): v2(identities.list_email_identities),
    ("sesv2", "ListSuppressedDestinations"): v2(suppression_list.list_all),
    ("sesv2", "ListTagsForResource"): v2(tagging.list_tags),
    ("sesv2", "PutAccountDetails"): v2(account_settings.put_account_details),
    ("sesv2", "PutAccountSendingAttributes"): v2(account_settings.put_sending),
    ("sesv2", "PutAccountSuppressionAttributes"): v2(account_settings.put_suppression),
    ("sesv2", "PutConfigurationSetReputationOptions"): v2(configuration_sets.put_reputation),
    ("sesv2", "PutConfigurationSetSendingOptions"): v2(configuration_sets.put_sending),
    ("sesv2", "PutConfigurationSetSuppressionOptions"): v2(configuration_sets.put_suppression),
    ("sesv2", "PutEmailIdentityConfigurationSetAttributes"): v2(identities.put_configuration_set),
    ("sesv2", "PutEmailIdentityDkimAttributes"): v2(identities.put_dkim),
    ("sesv2", "PutEmailIdentityFeedbackAttributes"): v2(identities.put_feedback),
    ("sesv2", "PutEmailIdentityMailFromAttributes"): v2(identities.put_mail_from),
    ("sesv2", "PutSuppressedDestination"): v2(suppression_list.put),
    ("sesv2", "SendEmail"): v2(sending_v2.send_email),
    ("sesv2", "TagResource"): v2(tagging.tag_resource),
    ("sesv2", "UntagResource"): v2(tagging.untag_resource),
    ("sesv2", "UpdateConfigurationSetEventDestination"): v2(event_destinations.update),
    ("ses", "DeleteIdentity"): v1(identities_v1.delete_identity),
    ("ses", "GetAccountSendingEnabled"): v1(account_settings.get_sending_enabled),
    ("ses", "GetIdentityVerificationAttributes"): v1(identities_v1.verification_attributes),
    ("ses", "GetSendQuota"): v1(account_settings.get_send_quota),
    ("ses", "GetSendStatistics"): v1(account_settings.get_send_statistics),
    ("ses", "ListIdentities"): v1(identities_v1.list_identities),
    ("ses", "SendEmail"): v1(sending_v1.send_email),
    ("ses", "SendRawEmail"): v1(sending_v1.send_raw_email),
    ("ses", "UpdateAccountSendingEnabled"): v1(account_settings.update_sending_enabled),
    ("ses", "VerifyDomainDkim"): v1(identities.verify_domain_dkim),
    ("ses", "VerifyDomainIdentity"): v1(identities.verify_domain_identity),
    ("ses", "VerifyEmailIdentity"): v1(identities.verify_email_identity),
    ("sns", "ConfirmSubscription"): subscriptions.confirm_subscription,
    ("sns", "CreateTopic"): topics.create_topic,
    ("sns", "DeleteTopic"): topics.delete_topic,
    ("sns", "GetSubscriptionAttributes"): subscriptions.get_subscription_attributes,
    ("sns", "GetTopicAttributes"): topics.get_topic_attributes,
    ("sns", "ListSubscriptions"): subscriptions.list_subscriptions,
    ("sns", "ListSubscriptionsByTopic"): subscriptions.list_subscriptions_by_topic,
    ("sns", "ListTopics"): topics.list_topics,
    ("sns", "Publish"): topics.publish,
    ("sns", "SetSubscriptionAttributes"): subscriptions.set_subscription_attributes,
    ("sns", "SetTopicAttributes"): topics.set_topic_attributes,
    ("sns", "Subscribe"): subscriptions.subscribe,
    ("sns", "Unsubscribe"): subscriptions.unsubscribe,
}
