"""The predictor itself: pure numpy and scikit-learn, no input or output, nothing of HOMEPOT."""
