"""Who speaks in each of the mails beside the project, told by reading them one by one; names of files, no contents.

*person* is whoever bears no mark of a machine (advertising and fraud come from persons here: nothing in their headers
says otherwise); files that are no mails count as persons' too, and their line says what is wrong with them.
"""

BOUNCES = {
    "cpython/msg_05.txt",  # a delivery report without its status part
    "cpython/msg_16.txt",  # a delivery report that came through a list
    "cpython/msg_42.txt",  # known by its sender's name alone
    "cpython/msg_43.txt",  # a filter's report, from nobody
    "mail_gem/mime_emails__raw_email_with_mimepart_without_content_type.eml",  # a warning: not delivered yet
    "mail_gem/multipart_report_emails__multi_address_bounce1.eml",
    "mail_gem/multipart_report_emails__multipart_report_multiple_status.eml",
    "mail_gem/multipart_report_emails__report_422.eml",  # a warning: not delivered yet
    "mail_parser/mail_malformed_2",
}
LISTS = {
    "cpython/msg_32.txt",  # Precedence: bulk, sent by the list's owner
    "mail_gem/error_emails__content_transfer_encoding_x_uuencode.eml",  # Return-Path: owner-...
}
PERSONS = {
    *(f"cpython/msg_{number}.txt" for number in "01 06 07 08 10 12 12a 14 15 18 24 34 38 40 46".split()),
    *(
        f"mail_gem/{name}.eml"
        for name in (
            "attachment_emails__attachment_nonascii_filename attachment_emails__attachment_pdf "
            "attachment_emails__attachment_with_base64_encoded_name error_emails__bad_encoded_subject "
            "error_emails__content_transfer_encoding_empty error_emails__content_transfer_encoding_text-html "
            "error_emails__content_transfer_encoding_with_8bits "
            "error_emails__content_transfer_encoding_with_semi_colon error_emails__empty_group_lists "
            "error_emails__encoding_madness error_emails__header_fields_with_empty_values "
            "error_emails__invalid_subject_characters error_emails__missing_content_disposition "
            "error_emails__multiple_content_types error_emails__multiple_invalid_content_dispositions "
            "error_emails__multiple_references_with_one_invalid error_emails__must_supply_encoding "
            "error_emails__trademark_character_in_subject mime_emails__raw_email11 mime_emails__raw_email12 "
            "mime_emails__raw_email2 mime_emails__raw_email7 mime_emails__raw_email_encoded_stack_level_too_deep "
            "mime_emails__raw_email_with_multipart_mixed_quoted_boundary multi_charset__japanese "
            "multi_charset__japanese_attachment_long_name multi_charset__japanese_shift_jis plain_emails__basic_email "
            "plain_emails__mix_caps_content_type plain_emails__raw_email6 plain_emails__raw_email8 "
            "plain_emails__raw_email_double_at_in_header plain_emails__raw_email_incorrect_header "
            "plain_emails__raw_email_multiple_from plain_emails__raw_email_quoted_with_0d0a "
            "plain_emails__raw_email_with_at_display_name plain_emails__raw_email_with_bad_date rfc2822__example03 "
            "rfc2822__example04 rfc2822__example06 rfc2822__example07 rfc2822__example09 rfc2822__example11"
        ).split()
    ),
    *(f"mail_parser/mail_test_{number}" for number in "1 2 3 4 8 9 10 14 15 18".split()),
    "mail_parser/mail_malformed_1",
    "mail_parser/mail_malformed_3",
    *(f"talon/standard_replies/{name}.eml" for name in "android aol apple_mail_2 hotmail iphone outlook".split()),
    "talon/signature/emails/P/102682_R_S",
    "talon/signature/emails/P/unicode_msg",
}
NO_MAILS = {
    "mail_gem/MIT-LICENSE",
    "mail_parser/LICENSE.txt",
    "talon/LICENSE",
    "talon/OLK_SRC_BODY_SECTION.html",
    *(f"talon/html_replies/{name}.html" for name in "gmail hotmail mail_ru windows_mail yandex_ru".split()),
    *(
        f"talon/signature/emails/stripped/{name}"
        for name in (
            "camel_case_signature jeff_body jeff_signature johndoeexamplecom_body johndoeexamplecom_signature long_body "
            "long_sender short_url_sender sparse_signature"
        ).split()
    ),
    "talon/signature/tmp/.gitignore",
}
KINDS: dict[str, str] = {
    **dict.fromkeys(BOUNCES, "bounce"),
    **dict.fromkeys(LISTS, "list"),
    **dict.fromkeys(PERSONS | NO_MAILS, "person"),
}
