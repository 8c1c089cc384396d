"""The CDN of renditions: a CloudFront distribution that serves what our own signatures name.

What it costs to have: two log objects an hour, and 40 cents a month for the private key's secret.
"""

import hashlib

from aws_cdk import Aws, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as certificates
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.nag import acknowledge
from infra.names import Names
from infra.stage import Cdn, Stage

# As long as a signature is good (`segment_url_lifetime_s`): of a video that is deleted, the CDN
# holds nothing longer than somebody might still have an address of it.
KEPT = Duration.hours(1)
# What may be edited under the same name, captions, and the small documents beside it.
_EDITED = ("*.vtt", "*.json")
# Whole files, to be saved: a browser that is led to one does not show it.
_SAVED = ("*/video.mp4", "*/audio.m4a")
_ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)


class MediaCdn(Construct):
    """Distribution, key group, and the secret of the private keys, which is filled by hand."""

    def __init__(self, scope: Construct, names: Names, stage: Stage, cdn: Cdn) -> None:
        super().__init__(scope, "Cdn")
        keys = [self._public_key(names, pem) for pem in cdn.public_keys]
        group = cloudfront.KeyGroup(
            self, "Keys", key_group_name=names.of("media"), items=list(keys)
        )
        self._secret(names, stage)
        headers = self._headers(names, "Headers", "media")
        saved = self._headers(names, "Saved", "media-saved", disposition="attachment")
        kept = cloudfront.CachePolicy(
            self,
            "Kept",
            cache_policy_name=names.of("media"),
            comment="By path alone: a signature is no part of what is cached",
            min_ttl=Duration.seconds(0),
            default_ttl=KEPT,
            max_ttl=KEPT,
        )
        media = s3.Bucket.from_bucket_attributes(
            self, "Media", bucket_name=names.bucket("media"), region=Aws.REGION
        )
        origin = origins.S3BucketOrigin.with_origin_access_control(media)

        def behaviour(
            policy: cloudfront.ICachePolicy,
            headers: cloudfront.ResponseHeadersPolicy = headers,
        ) -> cloudfront.BehaviorOptions:
            return cloudfront.BehaviorOptions(
                origin=origin,
                cache_policy=policy,
                response_headers_policy=headers,
                trusted_key_groups=[group],
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
                compress=False,  # pictures and sound are
            )

        fresh = behaviour(cloudfront.CachePolicy.CACHING_DISABLED)
        distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"Renditions of {names.of()}",
            domain_names=[cdn.domain],
            certificate=certificates.Certificate.from_certificate_arn(
                self, "Certificate", cdn.certificate
            ),
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            default_behavior=behaviour(kept),
            additional_behaviors={
                **dict.fromkeys(_EDITED, fresh),
                **dict.fromkeys(_SAVED, behaviour(kept, saved)),
            },
            error_responses=[
                cloudfront.ErrorResponse(http_status=status, ttl=Duration.seconds(0))
                for status in _ERRORS
            ],
            log_bucket=self._logs(names, stage),
            log_includes_cookies=False,
        )
        for rule, reason in (
            ("CFR1", "Who may watch is decided by the signature, not by the country."),
            ("CFR2", "It serves files, and none without a signature of ours."),
        ):  # fmt: skip
            acknowledge(distribution, id=f"AwsSolutions-{rule}", reason=reason)
        CfnOutput(Stack.of(self), "CdnDistribution", value=distribution.distribution_id)
        CfnOutput(Stack.of(self), "CdnTarget", value=distribution.distribution_domain_name)
        for number, key in enumerate(keys, start=1):
            CfnOutput(Stack.of(self), f"CdnKey{number}", value=key.public_key_id)

    def _public_key(self, names: Names, pem: str) -> cloudfront.PublicKey:
        # Named by its content: CloudFront changes no key, a new one is a new resource.
        mark = hashlib.sha256(pem.encode()).hexdigest()[:8]
        return cloudfront.PublicKey(
            self, f"Key{mark}", public_key_name=names.of("media", mark), encoded_key=pem
        )

    def _secret(self, names: Names, stage: Stage) -> None:
        secret = secretsmanager.CfnSecret(
            self,
            "PrivateKeys",
            name=names.cdn_secret,
            description="Ids of the CDN's public keys to private keys (PEM), as a JSON object",
        )
        secret.apply_removal_policy(RemovalPolicy.RETAIN if stage.retain else RemovalPolicy.DESTROY)
        acknowledge(
            secret,
            id="AwsSolutions-SMG4",
            reason="A key is replaced together with its public half, as the README says.",
        )

    def _headers(
        self, names: Names, name: str, named: str, disposition: str | None = None
    ) -> cloudfront.ResponseHeadersPolicy:
        """What every reply carries. The signature is the permission, whatever page uses it; what
        is served is of the types that the pipeline wrote, and never a page or a script."""
        return cloudfront.ResponseHeadersPolicy(
            self,
            name,
            response_headers_policy_name=names.of(named),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(
                        header="Content-Disposition", value=disposition, override=True
                    )
                ]
            )
            if disposition
            else None,
            cors_behavior=cloudfront.ResponseHeadersCorsBehavior(
                access_control_allow_credentials=False,
                access_control_allow_headers=["Range", "If-None-Match"],
                access_control_allow_methods=["GET", "HEAD", "OPTIONS"],
                access_control_allow_origins=["*"],
                access_control_expose_headers=["ETag", "Content-Length", "Content-Range"],
                access_control_max_age=Duration.hours(1),
                origin_override=True,
            ),
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy="default-src 'none'; sandbox", override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(365), override=True
                ),
            ),
            remove_headers=["x-amz-server-side-encryption", "x-amz-version-id"],
        )

    def _logs(self, names: Names, stage: Stage) -> s3.Bucket:
        """CloudFront's own logs, which hold signatures that have long expired when they are
        written, and addresses of viewers: they are forgotten as all logs are."""
        logs = s3.Bucket(
            self,
            "Logs",
            bucket_name=names.bucket("cdn-logs"),
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,  # it writes with an ACL
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="expire",
                    expiration=Duration.days(stage.log_retention_days),
                    abort_incomplete_multipart_upload_after=Duration.days(2),
                )
            ],
            removal_policy=RemovalPolicy.RETAIN if stage.retain else RemovalPolicy.DESTROY,
        )
        acknowledge(
            logs, id="AwsSolutions-S1", reason="This bucket holds the access logs of the CDN."
        )
        return logs
