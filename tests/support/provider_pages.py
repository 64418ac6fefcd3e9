"""The pages of the provider that tests sign in at: all django-oauth-toolkit's own, beside one to make people in it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.models import Application
from oauth2_provider.oauth2_validators import OAuth2Validator
from tests.support.provider import PASSWORD


class Validator(OAuth2Validator):
    """Says of a person the e-mail, and whether it is verified, as an administrator of a provider sets it up."""

    oidc_claim_scope = OAuth2Validator.oidc_claim_scope | {"email_verified": "email"}

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        """What a person's token says beside who they are."""
        return {"email": request.user.email, "email_verified": request.user.is_staff}


@csrf_exempt
def make(request: HttpRequest) -> HttpResponse:
    """Make or change people and applications."""
    wanted = json.loads(request.body)
    for one in wanted.get("people", ()):
        user, _ = User.objects.get_or_create(username=one["name"])
        user.email, user.is_staff = one["email"], one.get("verified", True)
        user.set_password(PASSWORD)
        user.save()
    for one in wanted.get("applications", ()):
        application = Application.objects.filter(client_id=one["client_id"]).first() or Application(
            client_id=one["client_id"]
        )
        application.client_secret = one["secret"]
        application.redirect_uris = one["back"]
        application.client_type = Application.CLIENT_CONFIDENTIAL
        application.authorization_grant_type = Application.GRANT_AUTHORIZATION_CODE
        application.algorithm = Application.RS256_ALGORITHM
        application.skip_authorization = True
        application.save()
    return HttpResponse()


urlpatterns = [
    path("login", LoginView.as_view(), name="login"),
    path("make", make),
    path("o/", include("oauth2_provider.urls")),
]
