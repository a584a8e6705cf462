"""What schema.org 30 knows of images: properties of ImageObject, properties that hold images, sources of media."""

from __future__ import annotations

from functools import lru_cache

from imageseo.model.suggest import closest

IMAGE_TYPES = frozenset({"ImageObject", "ImageObjectSnapshot", "Barcode"})
# All others that end alike; told from slips of ImageObject.
_TYPES = frozenset({"MediaObject", "AudioObject", "VideoObject", "DataDownload", "3DModel", "ImageGallery"})
_SLIPS = frozenset({"image", "img", "picture", "imageobj", "imagesobject", "imageobjects"})

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
"""Properties of an ImageObject, its parents' with them."""

HOLD_IMAGES = frozenset({"image", "logo", "photo", "photos", "primaryImageOfPage", "screenshot", "thumbnail"})
"""Properties of other things whose value is an image, or the URL of one."""
_TOLD_OF = HOLD_IMAGES | {"thumbnailUrl", "contentUrl", "representativeOfPage", "digitalSourceType"}
_TOLD_OF |= {"creditText", "copyrightNotice", "acquireLicensePage", "layoutImage"}

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
    """Whether a type's name is a slip of ImageObject."""
    if name in IMAGE_TYPES or name in _TYPES:
        return False
    return name.lower() in _SLIPS or closest(name, ("ImageObject",), cutoff=0.87) is not None


@lru_cache(maxsize=4096)
def misspelled_property(name: str) -> str | None:
    """The property about images that a name of another thing's property is a slip of; None for all others."""
    if name in _TOLD_OF:
        return None
    return closest(name, _TOLD_OF, cutoff=0.88)
