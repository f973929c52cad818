"""LazyPredict on the default models, as its users write it: ``python lazy.py TABLE.csv|NAME``.

Runs where lazypredict 0.3 is installed, which need not be the environment of `compare`.
"""

import sys
import warnings

import pandas as pd
import sklearn.datasets
from lazypredict.Supervised import LazyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier

warnings.simplefilter("ignore")
if hasattr(sklearn.datasets, f"load_{sys.argv[1]}"):
    X, y = getattr(sklearn.datasets, f"load_{sys.argv[1]}")(return_X_y=True, as_frame=True)
else:
    table = pd.read_csv(sys.argv[1])
    X, y = table.iloc[:, :-1], table.iloc[:, -1]
models = LazyClassifier(classifiers=[LogisticRegression, DecisionTreeClassifier, MLPClassifier], cv=5)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
scores, _ = models.fit(X_train, X_test, y_train, y_test)
if len(scores) != 3:
    sys.exit(f"{len(scores)} of 3 models were fitted")
print(scores)
