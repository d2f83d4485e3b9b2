"""Networks as tutorials write them in Keras, with the trainable parameters that Keras 3.15 counts for each."""

KERAS_SNIPPETS: dict[str, tuple[str, int]] = {
    "the first convnet of the handbook": (
        """
from tensorflow.keras import layers
from tensorflow.keras import models
model = models.Sequential()
model.add(layers.Conv2D(32, (3, 3), activation='relu', input_shape=(28, 28, 1)))
model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Conv2D(64, (3, 3), activation='relu'))
model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Conv2D(64, (3, 3), activation='relu'))
model.add(layers.Flatten())
model.add(layers.Dense(64, activation='relu'))
model.add(layers.Dense(10, activation='softmax'))
model.summary()
""",
        93_322,
    ),
    "VGG-16, written out with same padding": (
        """
from keras.models import Sequential
from keras.layers import Dense, Conv2D, MaxPool2D, Flatten
model = Sequential()
model.add(Conv2D(input_shape=(224,224,3),filters=64,kernel_size=(3,3),padding="same", activation="relu"))
model.add(Conv2D(filters=64,kernel_size=(3,3),padding="same", activation="relu"))
model.add(MaxPool2D(pool_size=(2,2),strides=(2,2)))
model.add(Conv2D(filters=128, kernel_size=(3,3), padding="same", activation="relu"))
model.add(Conv2D(filters=128, kernel_size=(3,3), padding="same", activation="relu"))
model.add(MaxPool2D(pool_size=(2,2),strides=(2,2)))
for _ in range(3):
    model.add(Conv2D(filters=256, kernel_size=(3,3), padding="same", activation="relu"))
model.add(MaxPool2D(pool_size=(2,2),strides=(2,2)))
for _ in range(3):
    model.add(Conv2D(filters=512, kernel_size=(3,3), padding="same", activation="relu"))
model.add(MaxPool2D(pool_size=(2,2),strides=(2,2)))
for _ in range(3):
    model.add(Conv2D(filters=512, kernel_size=(3,3), padding="same", activation="relu"))
model.add(MaxPool2D(pool_size=(2,2),strides=(2,2)))
model.add(Flatten())
model.add(Dense(units=4096,activation="relu"))
model.add(Dense(units=4096,activation="relu"))
model.add(Dense(units=1000, activation="softmax"))
""",
        138_357_544,
    ),
    "a list with Input and comments in Chinese": (
        """
import keras
from keras import layers
# 输入图像的形状
model = keras.Sequential([
    keras.Input(shape=(32, 32, 3)),
    layers.Conv2D(32, 3, padding="same"),  # 第一个卷积层
    layers.BatchNormalization(),
    layers.Activation("relu"),
    layers.MaxPooling2D(),
    layers.Conv2D(64, 3, padding="same", use_bias=False),
    layers.BatchNormalization(),
    layers.ReLU(),
    layers.GlobalAveragePooling2D(),
    layers.Dropout(0.5),
    layers.Dense(10),
])
""",
        20_170,
    ),
    "a functional chain": (
        """
inputs = keras.Input(shape=(28, 28, 1))
x = layers.Rescaling(1.0 / 255)(inputs)
x = layers.Conv2D(filters=32, kernel_size=3, activation="relu")(x)
x = layers.MaxPooling2D(pool_size=2)(x)
x = layers.Conv2D(filters=64, kernel_size=3, activation="relu")(x)
x = layers.Flatten()(x)
outputs = layers.Dense(10, activation="softmax")(x)
model = keras.Model(inputs=inputs, outputs=outputs)
""",
        96_266,
    ),
    "tf.keras with a dictionary of settings": (
        """
import tensorflow as tf
conv = dict(kernel_size=3, padding='same', activation='relu', kernel_initializer='he_normal')
model = tf.keras.models.Sequential([
    tf.keras.layers.Conv2D(16, input_shape=(64, 64, 3), **conv),
    tf.keras.layers.MaxPool2D(2),
    tf.keras.layers.Conv2D(32, **conv),
    tf.keras.layers.MaxPool2D(2),
    tf.keras.layers.Flatten(),
    tf.keras.layers.Dense(128, activation=tf.nn.relu),
    tf.keras.layers.Dense(1, activation='sigmoid'),
])
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
""",
        1_053_921,
    ),
    "LeNet with average pools and tanh": (
        """
model = keras.Sequential()
model.add(layers.Conv2D(6, kernel_size=(5, 5), activation='tanh', input_shape=(28, 28, 1), padding="same"))
model.add(layers.AveragePooling2D((2, 2), strides=2))
model.add(layers.Conv2D(16, kernel_size=(5, 5), activation='tanh', padding='valid'))
model.add(layers.AveragePooling2D((2, 2), strides=2))
model.add(layers.Flatten())
model.add(layers.Dense(120, activation='tanh'))
model.add(layers.Dense(84, activation='tanh'))
model.add(layers.Dense(10, activation='softmax'))
""",
        61_706,
    ),
    "zero padding before each convolution": (
        """
def VGG_like():
    model = Sequential()
    model.add(ZeroPadding2D((1, 1), input_shape=(32, 32, 3)))
    model.add(Conv2D(64, (3, 3), activation='relu'))
    model.add(ZeroPadding2D((1, 1)))
    model.add(Conv2D(64, (3, 3), activation='relu'))
    model.add(MaxPooling2D((2, 2), strides=(2, 2)))
    model.add(Flatten())
    model.add(Dense(256, activation='relu'))
    model.add(Dropout(0.5))
    model.add(Dense(10, activation='softmax'))
    return model
""",
        4_235_850,
    ),
    "strides and same pools on odd maps": (
        """
model = keras.models.Sequential([
    keras.layers.InputLayer(shape=(45, 45, 1)),
    keras.layers.Conv2D(24, 5, strides=2, padding='same', activation='elu'),
    keras.layers.MaxPooling2D(3, strides=2, padding='same'),
    keras.layers.Conv2D(48, 3, dilation_rate=2, activation='gelu'),
    keras.layers.MaxPooling2D(2, padding='same'),
    keras.layers.Flatten(),
    keras.layers.Dense(5),
])
""",
        14_885,
    ),
    "the network of a function with parameters": (
        """
from tensorflow.keras.layers import *
from tensorflow.keras.models import Sequential

def build_model(width=16, num_classes=10, img_rows=28, img_cols=28):
    # 建立模型
    net = Sequential(name='小网络')
    net.add(Input((img_rows, img_cols, 1)))
    for i in range(1, 3):
        net.add(Conv2D(width * i, 3, padding='same', name=f'conv{i}'))
        net.add(LeakyReLU(0.1))
        net.add(MaxPool2D(2, 2))
    net.add(Flatten())
    net.add(Dense(num_classes))
    net.add(Activation('softmax'))
    return net

model = build_model(width=8)
""",
        9_098,
    ),
    "an AlexNet with batch norm after the activation": (
        """
model = keras.models.Sequential([
    keras.layers.Conv2D(filters=96, kernel_size=(11,11), strides=(4,4), activation='relu', input_shape=(227,227,3)),
    keras.layers.BatchNormalization(),
    keras.layers.MaxPool2D(pool_size=(3,3), strides=(2,2)),
    keras.layers.Conv2D(filters=256, kernel_size=(5,5), strides=(1,1), activation='relu', padding="same"),
    keras.layers.BatchNormalization(),
    keras.layers.MaxPool2D(pool_size=(3,3), strides=(2,2)),
    keras.layers.Conv2D(filters=384, kernel_size=(3,3), strides=(1,1), activation='relu', padding="same"),
    keras.layers.BatchNormalization(),
    keras.layers.Conv2D(filters=384, kernel_size=(3,3), strides=(1,1), activation='relu', padding="same"),
    keras.layers.BatchNormalization(),
    keras.layers.Conv2D(filters=256, kernel_size=(3,3), strides=(1,1), activation='relu', padding="same"),
    keras.layers.BatchNormalization(),
    keras.layers.MaxPool2D(pool_size=(3,3), strides=(2,2)),
    keras.layers.Flatten(),
    keras.layers.Dense(4096, activation='relu'),
    keras.layers.Dropout(0.5),
    keras.layers.Dense(4096, activation='relu'),
    keras.layers.Dropout(0.5),
    keras.layers.Dense(10, activation='softmax')
])
""",
        58_325_066,
    ),
}
"""What a snippet is -> (its code, the parameters)."""

KERAS_1_VGG = """
def VGG_16(weights_path=None):
    model = Sequential()
    model.add(ZeroPadding2D((1,1),input_shape=(3,224,224)))
    model.add(Convolution2D(64, 3, 3, activation='relu'))
    model.add(ZeroPadding2D((1,1)))
    model.add(Convolution2D(64, 3, 3, activation='relu'))
    model.add(MaxPooling2D((2,2), strides=(2,2)))

    model.add(ZeroPadding2D((1,1)))
    model.add(Convolution2D(128, 3, 3, activation='relu'))
    model.add(ZeroPadding2D((1,1)))
    model.add(Convolution2D(128, 3, 3, activation='relu'))
    model.add(MaxPooling2D((2,2), strides=(2,2)))

    for filters in (256, 512, 512):
        for _ in range(3):
            model.add(ZeroPadding2D((1,1)))
            model.add(Convolution2D(filters, 3, 3, activation='relu'))
        model.add(MaxPooling2D((2,2), strides=(2,2)))

    model.add(Flatten())
    model.add(Dense(4096, activation='relu'))
    model.add(Dropout(0.5))
    model.add(Dense(4096, activation='relu'))
    model.add(Dropout(0.5))
    model.add(Dense(1000, activation='softmax'))

    if weights_path:
        model.load_weights(weights_path)
    return model
"""
