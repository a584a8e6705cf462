"""The vocabulary of schema.org 30 on images: ImageObject, properties with image values, digital source types."""

from __future__ import annotations

from functools import lru_cache

from imageseo.model.suggest import closest

IMAGE_TYPES = frozenset({"ImageObject", "ImageObjectSnapshot", "Barcode"})
# Existing types with similar names, which are not misspellings of ImageObject.
_OTHER_TYPES = frozenset({"MediaObject", "AudioObject", "VideoObject", "DataDownload", "3DModel", "ImageGallery"})
_MISSPELLED_TYPES = frozenset({"image", "img", "picture", "imageobj", "imagesobject", "imageobjects"})

_THING = (
    "additionalType alternateName description disambiguatingDescription identifier image mainEntityOfPage name owner "
    "potentialAction sameAs subjectOf url"
)
_CREATIVE_WORK = (
    "about abstract accessMode accessModeSufficient accessibilityAPI accessibilityControl accessibilityFeature "
    "accessibilityHazard accessibilitySummary accountablePerson acquireLicensePage aggregateRating alternativeHeadline "
    "archivedAt assesses associatedMedia audience audio author award awards character citation comment commentCount "
    "conditionsOfAccess contentLocation contentRating contentReferenceTime contributor copyrightHolder copyrightNotice "
    "copyrightYear correction countryOfOrigin creativeWorkStatus creator creditText dateCreated dateModified "
    "datePublished digitalSourceType discussionUrl displayLocation editEIDR editor educationalAlignment "
    "educationalLevel educationalUse encoding encodingFormat encodings exampleOfWork expires fileFormat funder funding "
    "genre hasPart headline inLanguage interactionStatistic interactivityType interpretedAsClaim isAccessibleForFree "
    "isBasedOn isBasedOnUrl isFamilyFriendly isPartOf keywords learningResourceType license locationCreated mainEntity "
    "maintainer material materialExtent mentions offers pattern position producer provider publication publisher "
    "publisherImprint publishingPrinciples recordedAt releasedEvent review reviews schemaVersion sdDatePublished "
    "sdLicense sdPublisher size sourceOrganization spatial spatialCoverage sponsor teaches temporal temporalCoverage "
    "text thumbnail thumbnailUrl timeRequired translationOfWork translator typicalAgeRange usageInfo version video "
    "wordCount workExample workTranslation"
)
_MEDIA_OBJECT = (
    "associatedArticle bitrate contentSize contentUrl duration embedUrl encodesCreativeWork encodingFormat endTime "
    "height ineligibleRegion interpretedAsClaim playerType productionCompany regionsAllowed requiresSubscription "
    "sha256 startTime uploadDate width"
)
_IMAGE_OBJECT = "caption embeddedTextCaption exifData representativeOfPage"
OF_IMAGES = frozenset(" ".join((_THING, _CREATIVE_WORK, _MEDIA_OBJECT, _IMAGE_OBJECT)).split())
"""Properties of an ImageObject, including inherited ones."""

HOLD_IMAGES = frozenset({"image", "logo", "photo", "photos", "primaryImageOfPage", "screenshot", "thumbnail"})
"""Properties of other types whose value is an image or the URL of one."""
_IMAGE_PROPERTIES = HOLD_IMAGES | {"thumbnailUrl", "contentUrl", "representativeOfPage", "digitalSourceType"}
_IMAGE_PROPERTIES |= {"creditText", "copyrightNotice", "acquireLicensePage", "layoutImage"}

SOURCE_TYPES = frozenset(
    f"{name}DigitalSource"
    for name in (
        *("AlgorithmicMedia", "AlgorithmicallyEnhanced", "Composite", "CompositeCapture", "CompositeSynthetic"),
        *("CompositeWithTrainedAlgorithmicMedia", "DataDrivenMedia", "DigitalArt", "DigitalCapture"),
        *("MinorHumanEdits", "MultiFrameComputationalCapture", "NegativeFilm", "PositiveFilm", "Print"),
        *("ScreenCapture", "TrainedAlgorithmicMedia", "VirtualRecording"),
    )
)
"""Members of schema.org's IPTCDigitalSourceEnumeration."""

ARTICLES = frozenset(
    (
        *("Article", "AdvertiserContentArticle", "NewsArticle", "AnalysisNewsArticle", "AskPublicNewsArticle"),
        *("BackgroundNewsArticle", "OpinionNewsArticle", "ReportageNewsArticle", "ReviewNewsArticle"),
        *("BlogPosting", "LiveBlogPosting"),
    )
)
"""Types that search engines show as articles."""


@lru_cache(maxsize=4096)
def misspelled_type(name: str) -> bool:
    """Whether the name of a type is a misspelling of ImageObject."""
    if name in IMAGE_TYPES or name in _OTHER_TYPES:
        return False
    return name.lower() in _MISSPELLED_TYPES or closest(name, ("ImageObject",), cutoff=0.87) is not None


@lru_cache(maxsize=4096)
def misspelled_property(name: str) -> str | None:
    """Return the image property of which the property name of another type is a misspelling; None if there is none."""
    if name in _IMAGE_PROPERTIES:
        return None
    return closest(name, _IMAGE_PROPERTIES, cutoff=0.88)
