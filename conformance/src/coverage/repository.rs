//! What a Document Repository owes: ITI TF-2: 3.41, 3.43 and the packages of Appendix V.

use super::Line;

/// ITI-41, numbered as the repository does its duties (ITI TF-2: 3.41.4.1.3).
pub(super) const PROVIDE: &[Line] = &[
    (
        "1. hash: that of the bytes, if it is given",
        &["iti-41/duties/hash", "iti-41/hash_in_upper_case"],
        &["iti-41/duties/hash_refused", "iti-41/hash_mismatch", "iti-41/one_of_many_wrong"],
    ),
    (
        "1. size: that of the bytes, if it is given",
        &["iti-41/duties/size"],
        &["iti-41/duties/size_refused", "iti-41/size_mismatch"],
    ),
    (
        "1. each entry has its document",
        &["iti-41/duties/document_of_each_entry"],
        &["iti-41/duties/document_of_each_entry_refused", "iti-41/document_missing"],
    ),
    (
        "1. each document has its entry",
        &["iti-41/duties/entry_of_each_document"],
        &["iti-41/duties/entry_of_each_document_refused", "iti-41/entry_missing"],
    ),
    (
        "1. a uniqueId stands once in a submission to the repository",
        &["iti-41/duties/unique_ids_in_message"],
        &["iti-41/duties/unique_ids_in_message_refused"],
    ),
    (
        "1. the same bytes under the same uniqueId, and no others",
        &["iti-41/duties/bytes_of_unique_id"],
        &["iti-41/duties/bytes_of_unique_id_refused", "iti-41/other_bytes_again"],
    ),
    (
        "2. repositoryUniqueId is set or overwritten, hash and size are added",
        &["iti-41/metadata_amended", "iti-41/document_by_xop", "iti-41/no_bytes"],
        &["-whatever is sent for repositoryUniqueId is overwritten, so nothing can be refused"],
    ),
    (
        "2. everything else passes: symbolic ids, UUIDs, extra slots",
        &["iti-41/metadata_amended", "iti-41/ids_of_the_sender_kept"],
        &["iti-41/registry/metadata_refused"],
    ),
    (
        "3. what is registered can be retrieved, and nothing else",
        &["iti-41/registry/known_patient", "iti-41/document_by_xop"],
        &["iti-41/registry/known_patient_refused", "iti-41/hash_mismatch"],
    ),
    (
        "4. what is stored is registered",
        &[
            "iti-41/registry/known_patient",
            "iti-41/registry/metadata",
            "iti-41/registry/membership",
        ],
        &["iti-41/duties/hash_refused", "iti-41/registry/membership_refused"],
    ),
    (
        "5. errors and warnings of the registry are passed on",
        &["iti-41/metadata_amended", "iti-41/registry/reference"],
        &[
            "iti-41/refused_by_the_registry",
            "iti-41/registry/known_patient_refused",
            "iti-41/registry/one_patient_refused",
            "iti-41/registry/reference_refused",
            "iti-41/registry/approved_target_refused",
            "iti-41/registry/unique_ids_in_registry_refused",
            "iti-41/registry/metadata_refused",
        ],
    ),
    (
        "5. a refusal leaves nothing, and takes away nothing that was there",
        &["iti-41/failure_keeps_what_was_there"],
        &["iti-41/refused_by_the_registry", "iti-41/one_of_many_wrong"],
    ),
    (
        "5. all or nothing: a submission has no PartialSuccess",
        &["iti-41/many_documents"],
        &["iti-41/one_of_many_wrong"],
    ),
    (
        "documents of every size and number: none, no bytes, binary, three hundred",
        &[
            "iti-41/duties/objects_without_document",
            "iti-41/no_bytes",
            "iti-41/binary_document_of_100_kib",
            "iti-41/many_documents",
        ],
        &["iti-41/duties/objects_without_document_refused"],
    ),
    (
        "documents with folders and relationships",
        &[
            "iti-41/in_a_folder",
            "iti-41/replaced",
            "iti-41/registry/one_patient",
            "iti-41/registry/approved_target",
            "iti-41/registry/unique_ids_in_registry",
        ],
        &["iti-41/registry/one_patient_refused", "iti-41/registry/approved_target_refused"],
    ),
];

/// ITI-43: ITI TF-2: 3.43.4.
pub(super) const RETRIEVE: &[Line] = &[
    (
        "all found is Success",
        &["iti-43/two_documents", "iti-41/many_documents"],
        &["iti-43/one_found_one_not", "iti-43/none_found"],
    ),
    (
        "some found is PartialSuccess, each other one has its error and location",
        &["iti-43/one_found_one_not", "iti-43/each_with_its_error"],
        &["iti-43/none_found"],
    ),
    (
        "none found is Failure",
        &["iti-43/unknown_document", "iti-43/none_found"],
        &["iti-43/two_documents"],
    ),
    (
        "documents of another repository",
        &["iti-43/two_documents"],
        &["iti-43/foreign_repository", "iti-43/each_with_its_error"],
    ),
    (
        "found with a warning is found, the warning has its location",
        &["-nobody can provoke it from outside: each server has warnings of its own, or none"],
        &["iti-41/registry/known_patient"],
    ),
    (
        "what the requester may not see is answered like what is not there",
        &["-who may see what is the policy of the server, which nobody outside knows"],
        &["iti-43/unknown_document"],
    ),
    (
        "documents of several patients in one answer",
        &["-XDSResultNotSinglePatient is optional for a repository, which need not know patients"],
        &["iti-43/two_documents"],
    ),
    (
        "RepositoryUniqueId and DocumentUniqueId are echoed",
        &["iti-41/registry/known_patient", "iti-43/bytes_unchanged"],
        &["iti-43/incomplete_request"],
    ),
    (
        "HomeCommunityId is echoed, only if it was in the request",
        &["iti-43/home_echoed"],
        &["iti-41/registry/known_patient"],
    ),
    (
        "RegistryResponse first, without requestId and ResponseSlotList; children in order",
        &["iti-43/bytes_unchanged", "iti-43/each_with_its_error"],
        &["iti-43/none_found"],
    ),
    (
        "a document asked for twice",
        &["iti-43/asked_twice"],
        &["-asking twice is no error, and the standard does not say how often is answered"],
    ),
    (
        "exactly the bytes that were stored",
        &[
            "iti-43/bytes_unchanged",
            "iti-41/binary_document_of_100_kib",
            "iti-41/no_bytes",
            "iti-41/document_by_xop",
        ],
        &["iti-41/other_bytes_again"],
    ),
    (
        "mimeType is that of the entry",
        &["iti-43/bytes_unchanged", "iti-41/packages/part_media_type"],
        &["-a media type of a part is ignored, so none can be refused"],
    ),
    (
        "deprecated documents are given out",
        &["iti-43/deprecated", "iti-41/replaced"],
        &["iti-43/unknown_document"],
    ),
    (
        "documents on demand have a NewDocumentUniqueId",
        &["-a document on demand is registered by ITI-61, an option of its own"],
        &["iti-41/registry/known_patient"],
    ),
    (
        "an action that is none of a repository",
        &["iti-43/two_documents"],
        &["iti-43/unknown_action"],
    ),
];

/// Rules for the receiver of MTOM packages, and the one for their sender (ITI TF-2: Appendix V).
pub(super) const PACKAGES: &[Line] = &[
    (
        "1. multipart/related of application/xop+xml, its parameters in any form",
        &["iti-41/packages/parameters"],
        &["iti-41/packages/parameters_refused"],
    ),
    (
        "2. the root part is the one that start names, or the first",
        &["iti-41/packages/root", "iti-41/root_part_last", "iti-41/start_omitted"],
        &["iti-41/packages/root_refused", "iti-41/start_part_missing"],
    ),
    (
        "3. an Include leads to a part by its percent-encoded Content-ID",
        &["iti-41/packages/reference"],
        &["iti-41/packages/reference_refused", "iti-41/included_part_missing"],
    ),
    (
        "3. a part that nothing refers to",
        &["iti-41/packages/reference"],
        &["iti-41/packages/unreferenced_part_refused"],
    ),
    (
        "4. inline base64 wherever there may be a part",
        &["iti-41/packages/inline", "iti-41/document_inline"],
        &["iti-41/packages/inline_refused"],
    ),
    (
        "5. transfer encodings of parts; line breaks belong to the boundary",
        &[
            "iti-41/packages/transfer_encoding",
            "iti-41/part_in_base64",
            "iti-41/binary_document_of_100_kib",
            "iti-43/bytes_unchanged",
        ],
        &["iti-41/packages/transfer_encoding_refused"],
    ),
    (
        "6. preamble and epilogue",
        &["iti-41/packages/preamble"],
        &["iti-41/packages/preamble_refused"],
    ),
    (
        "7. boundaries of up to 70 characters of every legal kind",
        &["iti-41/packages/boundary"],
        &["iti-41/packages/boundary_refused"],
    ),
    (
        "8. HTTP heads of every kind",
        &["iti-41/packages/http"],
        &["-this program's HTTP client frames messages in one way, which is right"],
    ),
    (
        "9. the media type of a part is irrelevant",
        &["iti-41/packages/part_media_type"],
        &["-a media type of a part is ignored, so none can be refused"],
    ),
    (
        "10. large messages, within limits",
        &["iti-41/many_documents", "iti-41/binary_document_of_100_kib"],
        &["-each server has limits of its own, which nobody outside knows"],
    ),
    (
        "a package is answered by a package, a Failure as well",
        &["iti-41/registry/known_patient", "iti-43/two_documents"],
        &["iti-41/registry/known_patient_refused", "iti-43/unknown_document"],
    ),
    (
        "without a package it is an error, or answered without one",
        &["iti-41/simple_soap", "iti-43/simple_soap"],
        &["iti-41/packages/parameters_refused"],
    ),
];
