// RUN: rfx-opt --verify-diagnostics --split-input-file %s | filecheck %s

// What the verifier says, one message for each chunk.

func.func @f(%x: tensor<4xf32>) {
  %0 = "rfx.add"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
// CHECK: expected 2 operands, got 1

// -----

func.func @f(%x: tensor<4xf32>, %y: tensor<3xf32>) {
  %0 = "rfx.add"(%x, %y) : (tensor<4xf32>, tensor<3xf32>) -> tensor<3xf32>
  func.return
}
// CHECK: operand 0 must be tensor<3xf32>, got tensor<4xf32>

// -----

func.func @f(%x: tensor<4xi32>) {
  %0 = rfx.sin %x : tensor<4xi32>
  func.return
}
// CHECK: expected float elements, got i32

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = "rfx.lt"(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  func.return
}
// CHECK: the result must be tensor<4xi1>, got tensor<4xf32>

// -----

func.func @f(%x: tensor<4xi3>) {
  %0 = rfx.neg %x : tensor<4xi3>
  func.return
}
// CHECK: i3 is not a dtype of rfx

// -----

func.func @f(%x: memref<4xf32>) {
  %0 = rfx.neg %x : memref<4xf32>
  func.return
}
// CHECK: expected tensors or scalars, got memref<4xf32>

// -----

func.func @f() {
  %0 = "rfx.constant"() <{value = 1.0 : f32}> : () -> tensor<f32>
  func.return
}
// CHECK: the value is not a tensor<f32>

// -----

func.func @f() {
  %0 = "rfx.constant"() <{value = "a"}> : () -> tensor<f32>
  func.return
}
// CHECK: expected a number or dense, got "a"

// -----

func.func @f(%n: index) {
  %0 = rfx.full 1.0 : f32 [4] : tensor<?xf32>
  func.return
}
// CHECK: do not give tensor<?xf32>

// -----

func.func @f(%n: index) {
  %0 = rfx.full 1.0 : f64 [%n] : tensor<?xf32>
  func.return
}
// CHECK: the value must be a number of type f32

// -----

func.func @f() {
  %0 = rfx.iota 1 [4] : tensor<4xi64>
  func.return
}
// CHECK: dim 1 is out of range for rank 1

// -----

func.func @f() {
  %0 = rfx.iota 0 [4] : tensor<4xi1>
  func.return
}
// CHECK: expected number elements, got i1

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.convert %x : tensor<4xf32> to tensor<3xf64>
  func.return
}
// CHECK: cannot convert tensor<4xf32> to tensor<3xf64>: shapes differ

// -----

func.func @f(%n: index) {
  %0 = rfx.convert %n : index to index
  func.return
}
// CHECK: sizes are made by tensor.dim and arith

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.broadcast %x dims [] [4] : tensor<4xf32> to tensor<4xf32>
  func.return
}
// CHECK: expected 1 dims, got 0

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.broadcast %x dims [0] [4, 2] : tensor<4xf32> to tensor<4x2xf64>
  func.return
}
// CHECK: element types differ: f32 and f64

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.broadcast %x dims [1] [4, 2] : tensor<4xf32> to tensor<4x2xf32>
  func.return
}
// CHECK: dim 0 of tensor<4xf32> does not fit dim 1 of tensor<4x2xf32>

// -----

func.func @f(%x: tensor<4x2xf32>) {
  %0 = rfx.broadcast %x dims [1, 0] [2, 4] : tensor<4x2xf32> to tensor<2x4xf32>
  func.return
}
// CHECK: dim [1, 0] must be increasing

// -----

func.func @f(%x: tensor<4x4xf32>) {
  %0 = rfx.broadcast %x dims [0, 0] [4, 4] : tensor<4x4xf32> to tensor<4x4xf32>
  func.return
}
// CHECK: dim [0, 0] has duplicates

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.reshape %x [3] : tensor<4xf32> to tensor<3xf32>
  func.return
}
// CHECK: cannot reshape 4 elements to tensor<3xf32>

// -----

func.func @f(%x: tensor<4x2xf32>) {
  %0 = rfx.transpose %x perm [0, 0] : tensor<4x2xf32> to tensor<4x4xf32>
  func.return
}
// CHECK: perm [0, 0] is not a permutation of 2 dims

// -----

func.func @f(%x: tensor<4x2xf32>) {
  %0 = rfx.transpose %x perm [1, 0] : tensor<4x2xf32> to tensor<4x2xf32>
  func.return
}
// CHECK: the result of perm [1, 0] cannot be tensor<4x2xf32>

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.slice %x starts [0] steps [0] [4] : tensor<4xf32> to tensor<4xf32>
  func.return
}
// CHECK: step of dim 0 is 0

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.slice %x starts [0, 0] steps [1] [4] : tensor<4xf32> to tensor<4xf32>
  func.return
}
// CHECK: expected 1 starts, got 2

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.slice %x starts [1] steps [2] [3] : tensor<4xf32> to tensor<3xf32>
  func.return
}
// CHECK: dim 0 reads 1 to 5, outside of its 4 elements

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.concatenate %x, %x dim 0 : (tensor<4xf32>, tensor<4xf32>) to tensor<7xf32>
  func.return
}
// CHECK: dim 0 of the result must be 8

// -----

func.func @f(%x: tensor<4x2xf32>, %y: tensor<4x3xf32>) {
  %0 = rfx.concatenate %x, %y dim 0 : (tensor<4x2xf32>, tensor<4x3xf32>) to tensor<8x2xf32>
  func.return
}
// CHECK: tensor<4x3xf32> does not fit tensor<8x2xf32> outside of dim 0

// -----

func.func @f(%x: tensor<4xf32>, %v: tensor<f32>) {
  %0 = rfx.pad %x, %v low [1] high [1] : tensor<4xf32>, tensor<f32> to tensor<5xf32>
  func.return
}
// CHECK: dim 0 does not add up in tensor<5xf32>

// -----

func.func @f(%x: tensor<4xf32>, %v: tensor<f32>) {
  %0 = rfx.pad %x, %v low [-1] high [1] : tensor<4xf32>, tensor<f32> to tensor<4xf32>
  func.return
}
// CHECK: padding must not be negative

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.pad %x, %x low [1] high [1] : tensor<4xf32>, tensor<4xf32> to tensor<6xf32>
  func.return
}
// CHECK: the padding value must have rank 0

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<2xf32>) {
  %0 = rfx.gather %x at [0] (%i) : tensor<4xf32>, (tensor<2xf32>) to tensor<2xf32>
  func.return
}
// CHECK: indices must be integers of one shape, got tensor<2xf32>

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<2xi64>) {
  %0 = rfx.gather %x at [0] (%i) : tensor<4xf32>, (tensor<2xi64>) to tensor<3xf32>
  func.return
}
// CHECK: the indexed elements have shape (2,), not that of tensor<3xf32>

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<2xi64>, %u: tensor<2xf32>) {
  %0 = rfx.scatter "mul" %x at [0] (%i) = %u : tensor<4xf32>, (tensor<2xi64>), tensor<2xf32> to tensor<4xf32>
  func.return
}
// CHECK: the combination is "set" or "add"

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<i64>) {
  %0 = rfx.dynamic_slice %x at (%i) : tensor<4xf32>, (tensor<i64>) to tensor<5xf32>
  func.return
}
// CHECK: dim 0: 5 elements of only 4

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<f32>) {
  %0 = rfx.dynamic_slice %x at (%i) : tensor<4xf32>, (tensor<f32>) to tensor<2xf32>
  func.return
}
// CHECK: starts must be integers of rank 0, got tensor<f32>

// -----

func.func @f(%x: tensor<4xf32>, %u: tensor<2xf32>, %i: tensor<i64>) {
  %0 = rfx.dynamic_update_slice %x, %u at (%i) : tensor<4xf32>, tensor<2xf32>, (tensor<i64>) to tensor<3xf32>
  func.return
}
// CHECK: input and result types differ

// -----

func.func @f(%x: tensor<4x3xf32>) {
  %0 = rfx.dot_general %x, %x batch [] [] contract [1] [0] : tensor<4x3xf32>, tensor<4x3xf32> to tensor<4x3xf32>
  func.return
}
// CHECK: dim 1 of tensor<4x3xf32> does not fit dim 0 of tensor<4x3xf32>

// -----

func.func @f(%x: tensor<4x3xf32>) {
  %0 = rfx.dot_general %x, %x batch [] [] contract [1] [1] : tensor<4x3xf32>, tensor<4x3xf32> to tensor<4x3xf32>
  func.return
}
// CHECK: the product has shape (4, 4), not that of tensor<4x3xf32>

// -----

func.func @f(%x: tensor<4x3xf32>) {
  %0 = rfx.dot_general %x, %x batch [0] [] contract [1] [1] : tensor<4x3xf32>, tensor<4x3xf32> to tensor<4x3xf32>
  func.return
}
// CHECK: batch lists differ in length

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.reduce "mean" %x dims [0] : tensor<4xf32> to tensor<f32>
  func.return
}
// CHECK: 'mean' is not one of add, mul

// -----

func.func @f(%x: tensor<4x2xf32>) {
  %0 = rfx.reduce "argmax" %x dims [0, 1] : tensor<4x2xf32> to tensor<i64>
  func.return
}
// CHECK: argmax is over one dim, got 2

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.reduce "argmax" %x dims [0] : tensor<4xf32> to tensor<f32>
  func.return
}
// CHECK: the result elements must be i64, got f32

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.reduce "or" %x dims [0] : tensor<4xf32> to tensor<f32>
  func.return
}
// CHECK: or is not for f32

// -----

func.func @f(%x: tensor<4xi1>) {
  %0 = rfx.reduce "add" %x dims [0] : tensor<4xi1> to tensor<i1>
  func.return
}
// CHECK: add is not for i1

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.reduce "add" %x dims [0] : tensor<4xf32> to tensor<4xf32>
  func.return
}
// CHECK: dims [0] leave (), not (4,)

// -----

func.func @f(%x: tensor<4xi1>) {
  rfx.require %x 1 : tensor<4xi1>
  func.return
}
// CHECK: the condition must be a tensor<i1>

// -----

func.func @f(%x: tensor<i1>) {
  rfx.require %x 0 : tensor<i1>
  func.return
}
// CHECK: the code must be positive

// -----

func.func @f() {
  %0 = rfx.index 0
  func.return
}
// CHECK: rfx.index must be inside rfx.map or rfx.map_reduce

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
    %b = rfx.neg %a : f32
    %d = rfx.dim 1
    rfx.yield %b : f32
  }
  func.return
}
// CHECK: loop 1 is not one of 1 loops

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.map [4] (%a = %x [] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
    %b = rfx.neg %a : f32
    rfx.yield %b : f32
  }
  func.return
}
// CHECK: input 0: map [] does not fit tensor<4xf32>

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.map [4] (%a = %x [1] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
    %b = rfx.neg %a : f32
    rfx.yield %b : f32
  }
  func.return
}
// CHECK: input 0: there is no loop 1

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>) -> ([0] : tensor<3xf32>) {
    %b = rfx.neg %a : f32
    rfx.yield %b : f32
  }
  func.return
}
// CHECK: result 0: size 3 does not fit loop 0 of size 4

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>) -> ([] : tensor<f32>) {
    %b = rfx.neg %a : f32
    rfx.yield %b : f32
  }
  func.return
}
// CHECK: result 0 must have all loops in its map

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>) -> ([0] : tensor<4xf64>) {
    %b = rfx.neg %a : f32
    rfx.yield %b : f32
  }
  func.return
}
// CHECK: yields f32 for elements f64

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
    %b = rfx.neg %a : f32
    rfx.yield %b, %b : f32, f32
  }
  func.return
}
// CHECK: expected 1 yielded values, got 2

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.map_reduce [4] (%a = %x [0] : tensor<4xf32>) -> ("mean" [] : tensor<f32>) {
    rfx.yield %a : f32
  }
  func.return
}
// CHECK: unknown combiner 'mean'

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.map_reduce [4] (%a = %x [0] : tensor<4xf32>) -> ("argmin" [] : tensor<f32>) {
    rfx.yield %a : f32
  }
  func.return
}
// CHECK: argmin gives i64 elements, not f32

// -----

func.func @f(%x: tensor<4xf32>, %v: tensor<3xf64>) {
  %0 = rfx.correlate %x, %v starts [0] [2] : tensor<4xf32>, tensor<3xf64> to tensor<2xf32>
  func.return
}
// CHECK: element types differ

// -----

func.func @f(%x: tensor<4xf32>, %v: tensor<3x3xf32>) {
  %0 = rfx.correlate %x, %v starts [0] [2] : tensor<4xf32>, tensor<3x3xf32> to tensor<2xf32>
  func.return
}
// CHECK: tensor<3x3xf32> must have rank 1

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.correlate %x, %x starts [0, 0] [2] : tensor<4xf32>, tensor<4xf32> to tensor<2xf32>
  func.return
}
// CHECK: expected 1 start, got 2

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.correlate %x, %x starts [0] [2] : tensor<4xf32>, tensor<4xf32> to tensor<3xf32>
  func.return
}
// CHECK: sizes

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.scan "sin" %x dim 0 : tensor<4xf32> to tensor<4xf32>
  func.return
}
// CHECK: 'sin' is not an elementwise op of two operands and their type

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.scan "lt" %x dim 0 : tensor<4xf32> to tensor<4xf32>
  func.return
}
// CHECK: 'lt' is not an elementwise op of two operands and their type

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.scan "xor" %x dim 0 : tensor<4xf32> to tensor<4xf32>
  func.return
}
// CHECK: xor is not for f32

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.scan "add" %x dim 1 : tensor<4xf32> to tensor<4xf32>
  func.return
}
// CHECK: dim 1 is out of range for rank 1

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = rfx.scan "add" %x dim 0 : tensor<4xf32> to tensor<3xf32>
  func.return
}
// CHECK: input and result types differ

// -----

func.func @f(%x: tensor<4xf32>, %u: tensor<2xf32>) {
  %0 = rfx.update_slice %x, %u starts [0] steps [1] : tensor<4xf32>, tensor<2xf32> to tensor<3xf32>
  func.return
}
// CHECK: input and result types differ

// -----

func.func @f(%x: tensor<4xf32>, %u: tensor<2xf64>) {
  %0 = rfx.update_slice %x, %u starts [0] steps [1] : tensor<4xf32>, tensor<2xf64> to tensor<4xf32>
  func.return
}
// CHECK: element types differ

// -----

func.func @f(%x: tensor<4xf32>, %u: tensor<3xf32>) {
  %0 = rfx.update_slice %x, %u starts [1] steps [2] : tensor<4xf32>, tensor<3xf32> to tensor<4xf32>
  func.return
}
// CHECK: dim 0 writes 1 to 5, outside of its 4 elements

// -----

func.func @f(%x: tensor<4xf32>, %u: tensor<2x1xf32>) {
  %0 = rfx.update_slice %x, %u starts [1] steps [2] : tensor<4xf32>, tensor<2x1xf32> to tensor<4xf32>
  func.return
}
// CHECK: tensor<2x1xf32> must have rank 1
